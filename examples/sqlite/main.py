import sqlite3

people = [
    ("Grace", 1906, "found the first bug"),
    ("Ada", 1815, "wrote the first program"),
    ("Margaret", 1936, "named software engineering"),
]

with sqlite3.connect("people.db") as db:
    db.execute("create table people (name text, born integer, deed text)")
    db.executemany("insert into people values (?, ?, ?)", people)
    for name, born in db.execute("select name, born from people order by born"):
        print(name, born)
db.close()

again = sqlite3.connect("people.db")
print("in the file:", again.execute("select count(*) from people").fetchone()[0])
again.close()

memory = sqlite3.connect(":memory:")
memory.execute("create virtual table deeds using fts5(deed)")
memory.executemany("insert into deeds values (?)", [(deed,) for _, _, deed in people])
print("full text:", [row[0] for row in memory.execute("select deed from deeds where deeds match 'program'")])
