#compdef sallyport
# SPDX-License-Identifier: Apache-2.0
# Completion of sallyport for zsh. @HELPER@ knows the words.
local line
local -a described
for line in "${(@f)$(@HELPER@ "${(Q)words[1]/#\~/$HOME}" "${(@Q)words[2,CURRENT]/#\~/$HOME}" 2>/dev/null)}"; do
	case $line in
	'') ;;
	@file) _files ;;
	@dir) _files -/ ;;
	*) described+=("${${line%%$'\t'*}//:/\\:}${${(M)line%$'\t'*}/$'\t'/:}") ;;
	esac
done
if (( ${#described} )); then
	_describe -t words 'word' described
fi
