# The image of ShopStack.
#
#   docker build -t shopstack .                                    the whole shop, or any service: `docker run shopstack serve cart`
#   docker build -t shopstack-cart --build-arg SERVICE=cart .      starts cart; all such images have one program, built once
#   docker build -t shopstack-cart --build-arg SERVICE=cart --build-arg FEATURES=cart .
#                                                                  a program with cart alone: smaller, and it needs less memory
#
# It has the program, the libraries that the program is linked to, and certificate authorities: no shell and no package manager. It
# runs as an unprivileged user with a read-only root file system (`docker run --read-only --tmpfs /tmp`). Its data is in
# /var/lib/shopstack, its secrets are read from /run/secrets/shopstack, and /srv/assets is for `shopstack assets`. A volume
# mounted at one of these paths belongs to that user from the start.
#
# The base images are pinned by tag. For reproducible builds pin them by digest as well, for example
# `--build-arg RUST_IMAGE=rust:1.95-slim-bookworm@sha256:…`; `docker buildx imagetools inspect` shows the digest.
ARG NODE_IMAGE=node:20.20-bookworm-slim
ARG RUST_IMAGE=rust:1.95-slim-bookworm
# What the image starts: user, catalogue, cart, payment, shipping, ratings, dispatch or web; empty for the whole shop.
ARG SERVICE=

# The storefront. The layer with the npm packages is reused while the lock file is unchanged.
FROM ${NODE_IMAGE} AS pages
WORKDIR /build/storefront
COPY storefront/package.json storefront/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY storefront ./
RUN npm run build

# The manifests without the code, so that the dependencies are rebuilt only when a manifest changes.
FROM ${RUST_IMAGE} AS manifests
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY crates crates
COPY services services
COPY shopstack shopstack
# Not part of the program, but of the workspace that the lock file describes.
COPY tools tools
RUN find crates services shopstack tools -type f ! -name Cargo.toml -delete \
    && find crates services shopstack tools -type d -empty -delete \
    && for manifest in crates/*/Cargo.toml services/*/Cargo.toml tools/*/Cargo.toml shopstack/Cargo.toml; do \
        mkdir "${manifest%/*}/src" && : > "${manifest%/*}/src/lib.rs" || exit 1; \
    done \
    && echo 'fn main() {}' > shopstack/src/main.rs

FROM ${RUST_IMAGE} AS build
# `dev` compiles in a fraction of the time and runs slowly; it is meant for tests of the image.
ARG CARGO_PROFILE=dist
ENV CARGO_INCREMENTAL=0
WORKDIR /build
COPY --from=manifests /build ./
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo build --locked --profile "$CARGO_PROFILE" --package shopstack
COPY crates crates
COPY services services
COPY shopstack shopstack
COPY docs docs
COPY --from=pages /build/storefront/dist storefront/dist
COPY storefront/src/routes.json storefront/src/routes.json
# The service that the program is built for; empty for all. Programs share the layer with the dependencies.
ARG FEATURES=
# The code may be older than its placeholder, and cargo compares modification times.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    find crates services shopstack -name '*.rs' -exec touch {} + \
    && cargo build --locked --profile "$CARGO_PROFILE" --package shopstack \
        ${FEATURES:+--no-default-features --features "$FEATURES"} \
    && folder="$CARGO_PROFILE" && if [ "$folder" = dev ]; then folder=debug; fi \
    && strip --strip-all -o /build/program "target/$folder/shopstack"

# The root file system of the image.
FROM build AS root
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN mkdir -p /root-fs/etc/ssl/certs /root-fs/usr/local/bin \
    && cp program /root-fs/usr/local/bin/shopstack \
    && ldd program | grep --only-matching '/[^ ]*' | while read -r library; do \
        mkdir -p "/root-fs${library%/*}" && cp --dereference "$library" "/root-fs$library" || exit 1; \
    done \
    && cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
    && echo 'shopstack:x:10001:10001::/var/lib/shopstack:/sbin/nologin' > /root-fs/etc/passwd \
    && echo 'shopstack:x:10001:' > /root-fs/etc/group \
    # Without it, the C library asks DNS before /etc/hosts.
    && echo 'hosts: files dns' > /root-fs/etc/nsswitch.conf \
    && install --directory --mode=1777 /root-fs/tmp \
    && install --directory --owner=10001 --group=10001 --mode=0700 /root-fs/var/lib/shopstack /root-fs/run/secrets/shopstack \
    && install --directory --owner=10001 --group=10001 --mode=0755 /root-fs/srv/assets \
    # A volume belongs to who its folder belongs to: one for the keys of each service, for `shopstack secrets --per-service`.
    && for name in user catalogue cart payment shipping ratings dispatch web shopstack; do \
        install --directory --owner=10001 --group=10001 --mode=0700 "/root-fs/secrets/$name" || exit 1; \
    done

FROM scratch AS runtime
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="ShopStack" \
      org.opencontainers.image.description="A complete e-commerce backend and storefront that stays right" \
      org.opencontainers.image.source="https://github.com/shopstack/shopstack" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=root /root-fs /
# Free memory is returned at once, and few arenas retain any: a service's own memory is then 2 to 7 MB.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072
ENV PATH=/usr/local/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt SHOPSTACK_DATA_DIR=/var/lib/shopstack
WORKDIR /var/lib/shopstack
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=120s --retries=3 CMD ["shopstack", "healthcheck"]
ENTRYPOINT ["shopstack"]

# The default command of each image. An unknown SERVICE fails to build.
FROM runtime AS run-user
CMD ["serve", "user"]
FROM runtime AS run-catalogue
CMD ["serve", "catalogue"]
FROM runtime AS run-cart
CMD ["serve", "cart"]
FROM runtime AS run-payment
CMD ["serve", "payment"]
FROM runtime AS run-shipping
CMD ["serve", "shipping"]
FROM runtime AS run-ratings
CMD ["serve", "ratings"]
FROM runtime AS run-dispatch
CMD ["serve", "dispatch"]
FROM runtime AS run-web
CMD ["serve", "web"]
# The whole shop in one process on local files; PUBLIC_URL is the https:// address of the proxy in front of it.
FROM runtime AS run-shop
CMD ["up", "--host", "0.0.0.0"]

# Selects one of the stages above.
# hadolint ignore=DL3006
FROM run-${SERVICE:-shop}
