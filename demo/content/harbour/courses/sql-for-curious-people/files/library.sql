-- The practice library: four small tables. Run with:  sqlite3 library.db < library.sql
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE book (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  author_id INTEGER REFERENCES author(id),
  year INTEGER,
  copies INTEGER NOT NULL DEFAULT 1 CHECK (copies >= 0)
);
CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT NOT NULL, joined TEXT NOT NULL);
CREATE TABLE loan (
  id INTEGER PRIMARY KEY,
  book_id INTEGER NOT NULL REFERENCES book(id),
  member_id INTEGER NOT NULL REFERENCES member(id),
  lent TEXT NOT NULL,
  returned TEXT
);
INSERT INTO author VALUES (1,'Ines Falk'),(2,'Osei Mensah'),(3,'Rania Karim'),(4,'Peter Lund');
INSERT INTO book VALUES
  (1,'The Salt Road',1,1998,2),(2,'Low Water',1,2004,1),(3,'A Map of Bees',2,2016,3),
  (4,'Night Ferry',3,2020,2),(5,'Bread and Weather',3,2011,1),(6,'Harbour Songs',NULL,1961,1);
INSERT INTO member VALUES
  (1,'Asha','2019-03-02'),(2,'Bruno','2021-11-20'),(3,'Chen','2023-01-09'),(4,'Dalia','2024-06-30');
INSERT INTO loan VALUES
  (1,1,1,'2025-01-10','2025-01-31'),(2,3,1,'2025-02-01','2025-02-20'),
  (3,3,2,'2025-02-03',NULL),(4,4,2,'2025-02-03','2025-02-27'),
  (5,4,3,'2025-03-01',NULL),(6,1,3,'2025-03-01','2025-03-15'),(7,3,1,'2025-03-18',NULL);
