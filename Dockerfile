# syntax=docker/dockerfile:1
# docker run --rm -v kycgenie:/config ghcr.io/OWNER/kycgenie-cli --help

FROM --platform=$BUILDPLATFORM node:22-alpine AS build
WORKDIR /source
COPY . .
RUN npm ci --ignore-scripts && npm run build

FROM node:22-alpine
COPY --from=build /source/package.json /source/LICENSE /opt/kycgenie/
COPY --from=build /source/bin /opt/kycgenie/bin
COPY --from=build /source/dist /opt/kycgenie/dist
RUN ln -s /opt/kycgenie/bin/kycgenie.cjs /usr/local/bin/kycgenie \
  && mkdir -m 0700 /config && chown node:node /config
USER node
# Profiles, keys and secrets, and below it the inbox.
VOLUME /config
ENV KYCGENIE_CONFIG_DIR=/config NO_UPDATE_NOTIFIER=1
ENTRYPOINT ["kycgenie"]
CMD ["--help"]
