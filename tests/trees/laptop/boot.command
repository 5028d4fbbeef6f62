# A laptop: the second GPU for VMs, the first stays; sections that differ about a function.
--- boot.ini
[device gpu]
id = 1e57:0d12
[device same]
address = 01:00.0
driver = pci-stub
--- run
boot
