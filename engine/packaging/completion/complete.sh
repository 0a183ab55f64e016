#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# complete PROGRAM WORD...: prints the words that can stand in place of the last WORD, for the completion of bash, zsh and fish. The
# words are those behind the program's name up to the cursor. A line is a candidate, with a tab and a text where there is
# one; @file and @dir stand for the names of files and of directories. Names come from the running region: it has one
# second to answer, and nothing is printed without it. The tables are made from the help texts of the program.
set -u

# The words that may stand behind these words: "N WORD ...", N of them. @KIND: the names of that kind.
places() {
	case "$*" in
#@PLACES@
	esac
}

# The options of a command; "=" ends the name of one that takes a value.
options() {
	case "$1" in
#@OPTIONS@
	esac
}

# The values of an option: "COMMAND --OPTION".
values() {
	case "$*" in
#@VALUES@
	esac
}

# The names in the answer to an operator's command: names KEY WORD...
names() {
	key=$1
	shift
	timeout 1 "$program" "$@" ${region:+--region "$region"} ${control:+--control "$control"} --json 2>/dev/null |
		sed -n "s/^    \"$key\": \"\{0,1\}\([^\",]*\).*/\1/p"
}

# Prints the lines of stdin with the names in place of their kinds.
resolve() {
	while IFS= read -r line; do
		case $line in
		@connection) names connection explain --last 50 ;;
		@generation) names generation policy list ;;
		@file | @dir) echo "$line" ;;
		@*) names "${line#@}" inquire "${line#@}" ;;
		*) echo "$line" ;;
		esac
	done
}

program=$1 command='' placed='' n=0 option='' region='' control=''
shift
while [ $# -gt 1 ]; do
	case $option,$1 in
	*,=) ;; # bash has cut --region=FILE into three words
	--region,*) region=$1 option='' ;;
	--control,*) control=$1 option='' ;;
	--*,*) option='' ;;
	,--region=*) region=${1#*=} ;;
	,--control=*) control=${1#*=} ;;
	,--*=*) ;;
	,--*) options "$command" | grep -q -- "^$1=" && option=$1 ;;
	*) placed="$placed $1" n=$((n + 1)) command=${command:-$1} ;;
	esac
	shift
done
case ${option:+value},${1-} in
value,*) values "$command" "$option" | resolve ;;
,-*) options "$command" | sed 's/^\(--[^=	]*\)=/\1/' ;;
*) places "$n$placed" | resolve ;;
esac
