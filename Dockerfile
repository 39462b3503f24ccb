# The same build as anywhere else, and the place to follow along.
#
#     docker build -t keepalive .
#     docker run --rm -it -p 8080:8080 keepalive
FROM debian:trixie-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/*

# What the book needs, before the book: a changed chapter installs nothing.
WORKDIR /book
COPY Makefile ./
RUN make deps && rm -rf /var/lib/apt/lists/*

# Everything below runs as an ordinary user without any privilege.
RUN useradd --create-home reader && chown reader /book
COPY --chown=reader . .
USER reader
RUN make site

# Every command of the book as printed; `make serve` for the book itself.
ENV PATH=/book/build/bin:$PATH BIND=0.0.0.0
EXPOSE 8080
CMD ["bash"]
