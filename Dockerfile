# docker build -t homesec .
FROM node:24-slim AS build
WORKDIR /src
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY tools tools
COPY src src
RUN node tools/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY config/example.yaml config/example.yaml
# Postgres refuses to run as root, and so should a program that reads files from strangers.
RUN mkdir -p /data /config && chown node:node /data
USER node
ENV NODE_ENV=production
VOLUME /data
EXPOSE 8081
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:8081/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "node", "dist/main.js"]
CMD ["run", "--config", "/config/homesec.yaml"]
