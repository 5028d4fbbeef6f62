# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of gpu-handoff(8) in bash. Verbs and options are those of its --help.

# _gpu_handoff_options VERB: of a verb, or of all, a line each
_gpu_handoff_options() {
	local line
	while IFS= read -r line; do
		if [[ $line =~ ^\ +(-[a-z])?,?\ *(--[a-z-]+) ]]; then
			printf '%s\n' "${BASH_REMATCH[2]}" ${BASH_REMATCH[1]:+"${BASH_REMATCH[1]}"}
		fi
	done < <(gpu-handoff ${1:+"$1"} --help 2>/dev/null)
	if [[ $1 ]]; then printf '%s\n' --verbose -v --help -h; fi
}

# _gpu_handoff_argument VERB N: DOMAIN, ADDRESS or nothing, by the verb's usage line; the last one repeats
_gpu_handoff_argument() {
	local line word words=() kinds=()
	read -r line < <(gpu-handoff "$1" --help 2>/dev/null)
	read -ra words <<<"$line"
	for word in "${words[@]:3}"; do
		case $word in
		*DOMAIN*) kinds+=(DOMAIN) ;;
		*ADDRESS*) kinds+=(ADDRESS) ;;
		esac
	done
	if [[ ${#kinds[@]} -gt 0 ]]; then echo "${kinds[$2 < ${#kinds[@]} ? $2 : ${#kinds[@]} - 1]}"; fi
}

# _gpu_handoff_addresses VERB WORD: to give them to a VM, GPUs; without "0000:" when WORD is. The tree is drawn
# before them.
_gpu_handoff_addresses() {
	local line leading='' all=--all
	case $1 in init | attach | detach) all= ;; esac
	if [[ $2 = ??:* ]]; then leading=0000:; fi
	while IFS= read -r line; do
		line=${line##*[!0-9a-f:.]}
		echo "${line#"$leading"}"
	done < <(LC_ALL=C gpu-handoff list $all --noheadings --output address 2>/dev/null)
}

_gpu_handoff_domains() {
	local file
	{
		virsh --readonly --connect qemu:///system list --all --name 2>/dev/null
		for file in /etc/gpu-handoff/domains.d/*.ini; do
			file=${file##*/}
			printf '%s\n' "${file%.ini}"
		done
	} | sed '/^$/d; /^\*$/d' | sort -u
}

# _gpu_handoff_columns VERB WORD: what comes before the last comma stays
_gpu_handoff_columns() {
	local column columns='' before=''
	case $1 in
	list) columns='address kind id driver group boot users vm name class subsystem reset holders' ;;
	check) columns='id severity about title cause fix' ;;
	esac
	case $2 in
	*,*) before=${2%,*}, ;;
	+*) before=+ ;;
	esac
	for column in $columns; do echo "$before$column"; done
}

# _gpu_handoff_candidates VERB OPTION N WORD: a line each; whether they begin as WORD does is not looked at
_gpu_handoff_candidates() {
	case $2 in
	-c | --connect) echo qemu:///system ;;
	--sysroot) compgen -d -- "$4" ;;
	-o | --output) _gpu_handoff_columns "$1" "$4" ;;
	-*) ;;
	*)
		if [[ $4 = -* ]]; then
			_gpu_handoff_options "$1"
		elif [[ ! $1 ]]; then
			gpu-handoff --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
		else
			case $(_gpu_handoff_argument "$1" "$3") in
			DOMAIN) _gpu_handoff_domains ;;
			ADDRESS) _gpu_handoff_addresses "$1" "$4" ;;
			esac
		fi
		;;
	esac
}

_gpu_handoff() {
	local line=${COMP_LINE:0:COMP_POINT} words=() word verb='' option='' count=0 current='' before=''
	COMPREPLY=()
	# bash has split at colons and "=" as well
	IFS=$' \t\n' read -ra words <<<"$line"
	if [[ $line != *[[:blank:]] ]]; then
		current=${words[-1]}
		unset 'words[-1]'
	fi
	for word in "${words[@]:1}"; do
		if [[ $option ]]; then
			option=
			continue
		fi
		case $word in
		-c | --connect | --sysroot | -o | --output | --wait) option=$word ;;
		-*) ;;
		*) if [[ $verb ]]; then count=$((count + 1)); else verb=$word; fi ;;
		esac
	done
	if [[ ! $option && $current = --*=* ]]; then
		option=${current%%=*}
		current=${current#*=}
	fi

	# what stands before the last colon is not bash's to replace
	if [[ $COMP_WORDBREAKS = *:* ]]; then before=${current%"${current##*:}"}; fi
	while IFS= read -r word; do
		if [[ $word != "$current"* ]]; then continue; fi
		word=${word#"$before"}
		if [[ $word = *[!A-Za-z0-9_.,:/+@-]* ]]; then printf -v word %q "$word"; fi
		COMPREPLY+=("$word")
	done < <(_gpu_handoff_candidates "$verb" "$option" "$count" "$current")
}

complete -F _gpu_handoff gpu-handoff
