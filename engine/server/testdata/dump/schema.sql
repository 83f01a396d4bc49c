-- What a dump must carry over: every type, NULLs, keys, references, and what runs by itself.
CREATE TABLE numbers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ti TINYINT, su SMALLINT UNSIGNED, mi MEDIUMINT, bi BIGINT, bu BIGINT UNSIGNED, b BOOLEAN,
  f FLOAT, d DOUBLE, n DECIMAL(20,6), w DECIMAL(60,30), bits BIT(12), y YEAR
) AUTO_INCREMENT = 100 COMMENT = 'numbers, with \'quotes\'';
INSERT INTO numbers (ti, su, mi, bi, bu, b, f, d, n, w, bits, y) VALUES
  (-128, 65535, -8388608, -9223372036854775808, 18446744073709551615, TRUE, 1.5, 0.1, -12345678901234.567890, 123456789012345678901234567890.123456789012345678901234567890, b'101010101010', 2155),
  (127, 0, 8388607, 9223372036854775807, 0, FALSE, -0.25, -1.7976931348623157e308, 0.000001, -0.000000000000000000000000000001, 0, 1901),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO numbers (id, ti) VALUES (500, 1);

CREATE TABLE texts (
  id INT PRIMARY KEY,
  c CHAR(10), v VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin, t TEXT, lt LONGTEXT,
  bin BINARY(4), vb VARBINARY(20), bl BLOB, e ENUM('small', 'it''s', 'größer') DEFAULT 'small', s SET('a', 'b', 'c d'), j JSON,
  KEY by_c (c), KEY by_v (v(5))
);
INSERT INTO texts VALUES
  (1, 'a', 'emoji 😀 and \\ and '' and "', 'line\nbreak\ttab\r\0nul', REPEAT('ä', 70000), x'00ff10', x'', x'00010203fffe270a5c22', 'it''s', 'a,c d', '{"k": [1, 2.5, null, "ü😀\\n"], "e": {}}'),
  (2, '', '', '', '', x'00000000', x'2700', x'', 'größer', '', '[]'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'NULL', '\\N', '%_', 'null', 'ab', 'ab', 'text', 'small', 'b', '"text"');

CREATE TABLE times (
  id INT PRIMARY KEY, d DATE, t TIME(6), dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL,
  made DATETIME DEFAULT CURRENT_TIMESTAMP, touched TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
);
INSERT INTO times (id, d, t, dt, dt6, ts) VALUES
  (1, '1000-01-01', '-838:59:59', '9999-12-31 23:59:59', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56'),
  (2, '9999-12-31', '00:00:00.000001', '1000-01-01 00:00:00', '1000-01-01 00:00:00.000001', '1970-01-02 00:00:01'),
  (3, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE places (id INT PRIMARY KEY, p POINT SRID 0, g GEOMETRY);
INSERT INTO places VALUES (1, POINT(1.5, -2), ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))')), (2, NULL, NULL);

CREATE TABLE keyless (a INT, b VARCHAR(10));
INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL);

CREATE TABLE parents (id INT NOT NULL, part VARCHAR(8) NOT NULL, name VARCHAR(20) UNIQUE, PRIMARY KEY (id, part), CONSTRAINT long_name CHECK (CHAR_LENGTH(name) > 1));
CREATE TABLE children (
  id INT AUTO_INCREMENT PRIMARY KEY, parent INT, part VARCHAR(8), price DECIMAL(8,2) NOT NULL DEFAULT 9.99, amount INT NOT NULL DEFAULT (1 + 1),
  KEY by_price (price DESC, amount), CONSTRAINT to_parent FOREIGN KEY (parent, part) REFERENCES parents (id, part) ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO parents VALUES (1, 'a', 'first'), (1, 'b', 'second'), (2, 'a', NULL);
INSERT INTO children (parent, part, price, amount) VALUES (1, 'a', 1.25, 3), (1, 'b', 2, DEFAULT), (NULL, NULL, DEFAULT, 7);

-- MariaDB's program writes the values of generated columns into its INSERTs; MySQL refuses those. Without rows it shows
-- that the definition is carried over.
CREATE TABLE computed (
  id INT PRIMARY KEY, price DECIMAL(8,2), amount INT,
  total DECIMAL(12,2) GENERATED ALWAYS AS (price * amount) STORED, twice INT GENERATED ALWAYS AS (amount * 2) VIRTUAL, KEY by_total (total DESC, amount)
);

CREATE TABLE log (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100));
DELIMITER ;;
CREATE TRIGGER child_made AFTER INSERT ON children FOR EACH ROW
BEGIN
  INSERT INTO log (what) VALUES (CONCAT('child ', NEW.id, '; of ', IFNULL(NEW.parent, 'nobody')));
END;;
CREATE TRIGGER child_checked BEFORE UPDATE ON children FOR EACH ROW SET NEW.amount = GREATEST(NEW.amount, 1);;
CREATE PROCEDURE note(IN what_for VARCHAR(50))
BEGIN
  INSERT INTO log (what) VALUES (CONCAT('note: ', what_for));
  SELECT COUNT(*) FROM log;
END;;
DELIMITER ;
CREATE VIEW totals AS SELECT parents.id, parents.name, SUM(children.price * children.amount) AS total FROM parents LEFT JOIN children ON children.parent = parents.id AND children.part = parents.part GROUP BY parents.id, parents.name;
CREATE VIEW dear AS SELECT * FROM totals WHERE total > 3;
INSERT INTO children (parent, part) VALUES (2, 'a');
