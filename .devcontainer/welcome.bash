# What the shell of the follow-along image says first: where one is, and what
# to try. It is the reader's .bashrc; sets the prompt that the book prints.
# shellcheck shell=bash
case :$PATH: in
    */build/bin:*) ;;                # the container for development has put its own
    *) PATH=/book/build/bin:$PATH ;; # /etc/profile has set another
esac
book=${PATH%%/build/bin:*} # where the book is: /book, or the folder that is edited
if [[ $- == *i* && -n ${BASH_VERSION-} ]]; then
    # shellcheck disable=SC1091 # it is not everywhere
    if [[ -r /usr/share/bash-completion/bash_completion ]]; then . /usr/share/bash-completion/bash_completion; fi
    if [[ -t 1 && -z ${KEEPALIVE_WELCOME-} ]]; then
        export KEEPALIVE_WELCOME=said
        cat <<WELCOME
TCP Keepalive for Linux: every command of the book works here as printed.

  check                                       is keepalive on?
  silent-peer -- detect --idle 1 --interval 1 --count 3 {host} {port}
                                              how a dead peer is noticed
  lab                                         a network with cables to cut; if the
                                              container may not, it says how
  make -C $book serve                         the book, http://localhost:8080/
  cd $book/examples                           the programs: change one, say make,
                                              and run it by its name

WELCOME
    fi
    PS1='$ '
fi
