# SPDX-License-Identifier: Apache-2.0
# Completion of sallyport for fish. @HELPER@ knows the words.
function __sallyport
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    for line in (@HELPER@ (string replace -r '^~' $HOME -- $words) (string replace -r '^~' $HOME -- "$last") 2>/dev/null)
        switch $line
            case @file
                __fish_complete_path $last
            case @dir
                __fish_complete_directories $last ''
            case '*'
                echo $line
        end
    end
end
complete -c sallyport -f -a '(__sallyport)'
