# One image for every program: broker, controller, webhook, apiserver, svcat (bin/service-catalog.js).
# The result holds Node, the libraries it needs, the production dependencies and dist/, and nothing else: no shell, no
# package manager. Build it with
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" -t service-catalog:0.1.0 .
# A registry other than npm's goes in as `--secret id=npmrc,src=FILE` and stays out of every layer.
FROM docker.io/library/node:24.21.0-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# Scripts of packages are not run: nothing here needs one. Optional packages are servers for a laptop.
FROM base AS build
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=optional --ignore-scripts --loglevel=error
COPY . ./
RUN npm run build

FROM base AS dependencies
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --omit=dev --omit=optional --ignore-scripts --loglevel=error \
 && find node_modules -type d -name '@types' -prune -exec rm -r {} + \
 && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete

FROM base AS root
WORKDIR /root-of-image
RUN mkdir -p app etc home/service-catalog tmp usr/local/bin data \
 && cp /usr/local/bin/node usr/local/bin/node \
 && ldd /usr/local/bin/node | grep -o '/[^ ]*' | xargs cp --dereference --parents -t . \
 && echo 'root:x:0:0:root:/root:/sbin/nologin' > etc/passwd \
 && echo 'service-catalog:x:65532:65532:Service Catalog:/home/service-catalog:/sbin/nologin' >> etc/passwd \
 && printf 'root:x:0:\nservice-catalog:x:65532:\n' > etc/group \
 && echo 'hosts: files dns' > etc/nsswitch.conf \
 && chmod 1777 tmp \
 && chown 65532:65532 data home/service-catalog
COPY package.json LICENSE app/
COPY bin app/bin
COPY cli/bin app/cli/bin
COPY crds app/crds
COPY examples app/examples
COPY compose/broker.yaml app/compose/broker.yaml
COPY --from=dependencies /app/node_modules app/node_modules
COPY --from=build /app/dist app/dist
# COPY keeps the modes of the checkout, where a umask such as 077 leaves files to their owner alone. Programs run as
# another user here.
RUN chmod -R u=rwX,go=rX app

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="service-catalog" \
      org.opencontainers.image.description="Databases for applications on Kubernetes: an Open Service Broker for PostgreSQL and MySQL, and a Service Catalog" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=root /root-of-image /
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/bin/service-catalog.js"]
CMD ["--help"]
