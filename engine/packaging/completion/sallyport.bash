# SPDX-License-Identifier: Apache-2.0
# Completion of sallyport for bash. @HELPER@ knows the words.
_sallyport() {
	local line
	local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	local last=${words[${#words[@]} - 1]}
	[[ $last == = ]] && words+=("") last=
	COMPREPLY=()
	while IFS= read -r line; do
		line=${line%%$'\t'*}
		case $line in
		@file) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$last") && compopt -o filenames ;;
		@dir) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$last") && compopt -o filenames ;;
		"$last"*) COMPREPLY+=("$line") ;;
		esac
	done < <(@HELPER@ "${COMP_WORDS[0]/#\~/$HOME}" "${words[@]/#\~/$HOME}" 2>/dev/null)
}
complete -F _sallyport sallyport
