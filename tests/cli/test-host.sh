# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# After machine.sh: a host behind $URI, of libvirt's own test driver, whose devices and domains are a file. It can
# neither attach nor detach, as some of libvirt's drivers.

URI=test://$scratch/host.xml
address="<address domain='0' bus='2' slot='0' function='0'/>"

# function_xml FUNCTION CLASS PRODUCT NAME: what libvirt tells of 0000:02:00.FUNCTION
function_xml() {
	cat <<-END
	<device><name>pci_0000_02_00_$1</name><parent>computer</parent><capability type='pci'>
	<class>$2</class><domain>0</domain><bus>2</bus><slot>0</slot><function>$1</function>
	<product id='$3'>$4</product><vendor id='0x1e57'>Example</vendor>
	<iommuGroup number='3'>$address</iommuGroup></capability></device>
	END
}

cat >"$scratch/host.xml" <<END
<node>
<domain type='test'><name>win</name><uuid>c0ffee00-0000-4000-8000-000000000001</uuid>
<memory unit='MiB'>64</memory><os><type>hvm</type></os><devices>
$(hostdev_xml no 02:00.0)
</devices></domain>
<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>off</name>
<memory unit='MiB'>64</memory><os><type>hvm</type></os><test:runstate>5</test:runstate></domain>
$(function_xml 1 0x040300 0x0002 '')
$(function_xml 0 0x030000 0x0001 'Graphics 9000')
<device><name>pci_0001_05_00_0</name><parent>computer</parent><capability type='pci'>
<domain>1</domain><bus>5</bus><slot>0</slot><function>0</function>
<product id='0x0010'/><vendor id='0x1e58'/></capability></device>
<device><name>pci_0000_00_1c_0</name><parent>computer</parent><capability type='pci'>
<class>0x060400</class><domain>0</domain><bus>0</bus><slot>28</slot><function>0</function>
<product id='0x0020'/><vendor id='0x1e57'/></capability></device>
</node>
END
