#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by dracut's init, in an image without systemd, as the first of its hooks: keeps the host's
# drivers off the devices that /etc/gpu-handoff/boot.ini names.

# the boot goes on, whatever the stub says
/usr/lib/udev/gpu-handoff-stub --all --initramfs || :
