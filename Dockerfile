# The same build as anywhere else, as images:
#
#     docker build -t keepalive .                       to follow along in
#     docker build -t keepalive-site --target site .    the book, served
#     docker build -t keepalive-build --target build .  the verified build
#
# Podman does the same. What each is for, how large it is and how it is run
# stands in README.md.

# --- build: every example is compiled, run and compared ------------------
FROM debian:trixie-slim AS build
# Slim images leave the manual pages out, and a reader wants them; not what
# is in other languages.
RUN printf 'path-exclude=/usr/share/%s/*\n' locale man/?? 'man/??_*' >/etc/dpkg/dpkg.cfg.d/docker \
 && apt-get update \
 && apt-get install -y --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

# What the book needs, before the book: a changed chapter installs nothing.
WORKDIR /book
COPY Makefile ./
RUN make deps && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

# As an ordinary user without any privilege: all but the lab runs here.
RUN useradd --create-home --uid 1000 --shell /bin/bash reader && chown reader /book
COPY --chown=reader . .
USER reader
ARG SOURCE_DATE_EPOCH
RUN make site

# --- publish: the other forms of the book, which the site offers ---------
FROM build AS publish
USER root
RUN make deps-publish && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER reader
ARG SITE_URL
ARG REPOSITORY
ARG SOURCE_DATE_EPOCH
RUN make publish SITE_URL="$SITE_URL" REPOSITORY="$REPOSITORY"

# --- site: the book on a server, and nothing else -----------------------
FROM debian:trixie-slim AS site
LABEL org.opencontainers.image.title="TCP Keepalive for Linux: the book" \
      org.opencontainers.image.licenses="CC-BY-4.0 AND MIT"
COPY Makefile /tmp/
RUN apt-get update \
 && apt-get install -y --no-install-recommends make \
 && make -C /tmp deps-serve \
 && apt-get purge -y --autoremove make \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /tmp/Makefile
COPY book/theme/nginx.conf book/theme/server.conf /etc/nginx/
COPY --from=publish /book/build/publish /srv/book
# www-data; a number, so that who starts it can see that it is not root.
USER 33:33
EXPOSE 8080
# nginx ends what it is sending first.
STOPSIGNAL SIGQUIT
CMD ["nginx"]

# --- follow: the image to follow along in --------------------------------
FROM build AS follow
LABEL org.opencontainers.image.title="TCP Keepalive for Linux: to follow along" \
      org.opencontainers.image.licenses="CC-BY-4.0 AND MIT"
USER root
RUN make deps-follow install && chown reader build/keepalivectl.1 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && ln -sf /book/.devcontainer/welcome.bash /home/reader/.bashrc
USER reader
WORKDIR /home/reader
# BIN: what `make` builds is what is found, in a copy of examples as well.
ENV PATH=/book/build/bin:$PATH BIN=/book/build/bin BIND=0.0.0.0 LANG=C.UTF-8 PAGER=less
EXPOSE 8080
CMD ["bash"]

# --- verify: with what the tests need, to run them all, and to change the
# book in (.devcontainer) ---------------------------------------------------
FROM follow AS verify
USER root
RUN make -C /book deps-test && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER reader
WORKDIR /book
CMD ["make", "test"]

# --- what `docker build` makes by default --------------------------------
FROM follow AS default
