# The same build as anywhere else, as three images:
#
#     docker build -t keepalive .                       to follow along in
#     docker build -t keepalive-site --target site .    the book, served
#     docker build -t keepalive-build --target build .  the verified build
#
# Podman and Buildah do the same. What each is for, how large it is and how
# it is run stands in README.md.

# --- build: every example is compiled, run and compared ------------------
FROM debian:trixie-slim AS build
# Slim images leave the manual pages out, and a reader wants them.
RUN rm -f /etc/dpkg/dpkg.cfg.d/docker \
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

# --- verify: with what the tests need, to run them all -------------------
FROM build AS verify
USER root
RUN make deps-test && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER reader
CMD ["make", "test"]

# --- site: the book on a server, and nothing else -----------------------
FROM debian:trixie-slim AS site
COPY Makefile /tmp/
RUN apt-get update \
 && apt-get install -y --no-install-recommends make \
 && make -C /tmp deps-serve \
 && apt-get purge -y --autoremove make \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /tmp/Makefile
COPY book/nginx.conf /etc/nginx/nginx.conf
COPY --from=build /book/build/site /srv/book
USER www-data
EXPOSE 8080
CMD ["nginx"]

# --- the image to follow along in, which is the default -----------------
FROM build AS follow
USER root
RUN make deps-follow && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && ln -sf /book/.devcontainer/welcome.bash /home/reader/.bashrc
USER reader
WORKDIR /home/reader
ENV PATH=/book/build/bin:$PATH BIND=0.0.0.0 PAGER=less
EXPOSE 8080
CMD ["bash"]
