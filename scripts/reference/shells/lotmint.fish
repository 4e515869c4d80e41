# fish completion of lotmint, made by "npm run reference".
# Load it with: lotmint completion fish | source
set -g __lotmint_rows \
@ROWS@

# Prints what the row of a command ($argv[1]) and a word ($argv[2]) says.
function __lotmint_kind
    for row in $__lotmint_rows
        set -l parts (string split '|' -- $row)
        if contains -- $parts[1] "$argv[1]" '*'; and test "$parts[2]" = "$argv[2]"
            echo $parts[3]
            return 0
        end
    end
    return 1
end

function __lotmint_folders
    for path in $argv[1]/*/
        set -l name (string split '/' -- (string trim -r -c / -- $path))[-1]
        string match -q '*%*' -- $name; or echo $name
    end
end

function __lotmint_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l home .
    test -n "$LOTMINT_HOME"; and set home $LOTMINT_HOME
    set -l called ''
    set -l wants ''
    set -l place 1
    for word in $words[2..]
        set -l kind (__lotmint_kind "$called" "$word")
        if test -n "$wants"
            test "$wants" = --home; and set home (string replace -r '^~' $HOME -- $word)
            set wants ''
        else if string match -q -- '--home=*' $word
            set home (string replace -r '^--home=' '' -- $word | string replace -r '^~' $HOME)
        else if string match -q -- '-*' $word
            test -n "$kind" -a "$kind" != flag; and set wants $word
        else if test "$kind" = command
            set called (string trim -- "$called $word")
        else
            set place (math $place + 1)
        end
    end
    set -l kind
    set -l before ''
    if test -n "$wants"
        set kind (__lotmint_kind "$called" $wants)
    else if string match -q -- '--*=*' $current
        set before (string replace -r '=.*' '=' -- $current)
        set kind (__lotmint_kind "$called" (string replace -r '=.*' '' -- $current))
        set current (string replace -r '^[^=]*=' '' -- $current)
    else if string match -q -- '-*' $current
        set kind options
    else
        set kind (__lotmint_kind "$called" $place; or __lotmint_kind "$called" '*'; or echo commands)
    end
    set -l found
    switch "$kind"
        case options commands
            for row in $__lotmint_rows
                set -l parts (string split '|' -- $row)
                if test $kind = options
                    contains -- $parts[1] "$called" '*'; and string match -q -- '--*' $parts[2]; and set -a found $parts[2]
                else if test "$parts[1]" = "$called" -a "$parts[3]" = command
                    set -a found $parts[2]
                end
            end
        case authority
            set found (__lotmint_folders $home/state/authorities)
        case lot
            set found (__lotmint_folders $home/output)
        case job
            for path in $home/jobs/*.yaml $home/jobs/*.yml
                set -a found (string replace -r '\.ya?ml$' '' -- (string split '/' -- $path)[-1])
            end
            set -a found (__fish_complete_path $current)
        case file
            set found (__fish_complete_path $current)
        case folder
            set found (__fish_complete_directories $current '')
        case '=*'
            set found (string split ' ' -- (string sub -s 2 -- $kind))
    end
    for each in $found
        echo $before$each
    end
end

complete -c lotmint -e
complete -c lotmint -f -a '(__lotmint_complete)'
