# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For tests in the lab that need somebody who really uses the GPU: Xorg on the VGA alone, by its KMS
# driver, without a mouse or a keyboard, as the unit lab-xorg.service. Its root window is of white dots.
#
#   start_xorg_unit   writes the unit, starts it, and waits until it answers
#   xorg_answers      succeeds when it does
#   xorg_pid          its pid, or nothing
#   remove_xorg_unit  stops it, and what start_xorg_unit has written is gone

XORG_UNIT=lab-xorg.service

start_xorg_unit() {
	cat >/run/lab-xorg.conf <<-'END'
	Section "ServerFlags"
		Option "AutoAddDevices" "false"
		Option "AutoAddGPU" "false"
	EndSection
	Section "Module"
		Disable "glx"
	EndSection
	Section "Device"
		Identifier "GPU"
		Driver "modesetting"
		BusID "PCI:1:0:0"
		Option "AccelMethod" "none"
	EndSection
	END
	cat >/run/systemd/system/$XORG_UNIT <<-'END'
	[Unit]
	Description=A display server on the GPU
	[Service]
	ExecStart=/usr/lib/xorg/Xorg :0 -config /run/lab-xorg.conf -retro -nolisten tcp -noreset vt7 -keeptty
	END
	systemctl daemon-reload
	systemctl start $XORG_UNIT && wait_for 60 xorg_answers
}

xorg_answers() {
	DISPLAY=:0 timeout 10 setxkbmap -query
}

xorg_pid() {
	systemctl show -P MainPID $XORG_UNIT | grep -vx 0
}

remove_xorg_unit() {
	systemctl stop $XORG_UNIT
	rm -f /run/systemd/system/$XORG_UNIT /run/lab-xorg.conf
	systemctl daemon-reload
}
