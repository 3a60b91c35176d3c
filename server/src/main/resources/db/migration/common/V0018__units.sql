-- What a call took that isn't a token of text: tokens of images and sound, where those have a price of their own,
-- and units of another kind (images, characters, seconds).
ALTER TABLE ledger ADD COLUMN media_input_tokens ${long} NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN units ${long} NOT NULL DEFAULT 0;
