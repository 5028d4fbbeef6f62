# A laptop: the GPU of the processor has the screen, the other one is for a VM: show.
--- run
show 01:00
