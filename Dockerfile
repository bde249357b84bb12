# Entente for production: one program, no database in it. Give it Postgres and NATS
# by ENTENTE_DATABASE_URL and ENTENTE_NATS_URL; docker-compose.yml shows how.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/entente ./cmd/entente \
 && mkdir /out/data

FROM debian:bookworm-slim
# The certificates of the public authorities, to know partners by.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/entente /usr/local/bin/
# A new volume takes over the owner of the folder that it is mounted on.
COPY --from=build --chown=10001:10001 /out/data /var/lib/entente
USER 10001:10001
WORKDIR /var/lib/entente
ENV ENTENTE_LISTEN=:8080 ENTENTE_DATA=/var/lib/entente
EXPOSE 8080
# The image has no curl: `entente health` asks /healthz at ENTENTE_LISTEN of the same
# container, and ends with 0 when the answer is 200.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["entente", "health"]
ENTRYPOINT ["entente"]
CMD ["serve"]
