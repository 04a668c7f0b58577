# The build runs on the builder's own platform and compiles for the target's:
# Go needs no emulation for that, and without cgo no C library.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=devel TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/dossier ./cmd/dossier
# The final image has no shell to make the folder with.
RUN mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/dossier /dossier
# 65532 is nonroot there. A new volume takes its owner from this folder.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
VOLUME /data
ENV DOSSIER_LISTEN=0.0.0.0:8080 \
    DOSSIER_DATABASE_URL=sqlite:/data/dossier.db
EXPOSE 8080
ENTRYPOINT ["/dossier"]
CMD ["serve"]
