-- +goose Up

-- Which build made the tables of a read model: those of the migrations are 0.
ALTER TABLE checkpoints ADD COLUMN build bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE checkpoints DROP COLUMN build;
