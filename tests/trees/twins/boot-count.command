# Two identical cards, and one expected.
--- boot.ini
[device gpu]
id = 1e57:0010
count = 1
--- run
boot
