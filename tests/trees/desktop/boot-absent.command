# Nothing of it is there: an id may be another host's, an address may come later; both are told.
--- boot.ini
[device gpu]
id = 10de:11fa
[device later]
address = 44:00
--- run
boot
