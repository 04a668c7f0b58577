-- +goose Up

-- API tokens that were made at run time: their SHA-256, never themselves.
CREATE TABLE tokens (
    id         text   COLLATE "C" PRIMARY KEY,
    name       text   COLLATE "C" NOT NULL,
    role       text   COLLATE "C" NOT NULL,
    sha256     bytea  NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    revoked_at bigint NOT NULL -- 0 while valid
);

-- What an installation made for itself at its first start.
CREATE TABLE settings (
    name  text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE settings;
DROP TABLE tokens;
