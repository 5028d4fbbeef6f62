# A laptop: the GPU of the processor has the screen, the other one is for a VM: list.
--- run
list
list --all
