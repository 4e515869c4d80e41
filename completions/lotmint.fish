# fish completion of lotmint, made by "npm run reference".
# Load it with: lotmint completion fish | source
set -g __lotmint_rows \
    '*|--home|folder' \
    '*|--json|flag' \
    '*|--log-level|=silent error warn info debug' \
    '*|--log-format|=text json' \
    '*|--help|flag' \
    '*|--version|flag' \
    '|init|command' \
    'init|1|folder' \
    'init|--sandbox|flag' \
    'init|--platform|text' \
    'init|--tenant|text' \
    'init|--user|text' \
    'init|--without-platform|flag' \
    'init|--organization|text' \
    'init|--root|text' \
    'init|--intermediate|text' \
    'init|--job|text' \
    'init|--passphrase-file|file' \
    'init|--root-passphrase-file|file' \
    '|doctor|command' \
    '|authority|command' \
    'authority|create|command' \
    'authority create|1|text' \
    'authority create|--issuer|authority' \
    'authority create|--subject|text' \
    'authority create|--key|=ec-p256 ec-p384 rsa-2048 rsa-3072 rsa-4096' \
    'authority create|--validity|text' \
    'authority create|--path-length|text' \
    'authority create|--hsm|text' \
    'authority create|--passphrase-file|file' \
    'authority create|--issuer-passphrase-file|file' \
    'authority|import|command' \
    'authority import|1|authority' \
    'authority import|--certificate|file' \
    'authority import|--key|file' \
    'authority import|--hsm|text' \
    'authority import|--chain|file' \
    'authority import|--pkcs12|file' \
    'authority import|--openssl-ca|folder' \
    'authority import|--passphrase-file|file' \
    'authority|request|command' \
    'authority request|1|text' \
    'authority request|--subject|text' \
    'authority request|--key|=ec-p256 ec-p384 rsa-2048 rsa-3072 rsa-4096' \
    'authority request|--hsm|text' \
    'authority request|--passphrase-file|file' \
    'authority|sign|command' \
    'authority sign|1|file' \
    'authority sign|--issuer|authority' \
    'authority sign|--out|file' \
    'authority sign|--validity|text' \
    'authority sign|--path-length|text' \
    'authority sign|--passphrase-file|file' \
    'authority|list|command' \
    'authority|show|command' \
    'authority show|1|authority' \
    'authority show|--platform|flag' \
    'authority show|--no-platform|flag' \
    'authority|upload|command' \
    'authority upload|1|authority' \
    'authority upload|--auto-registration|flag' \
    'authority upload|--prove|flag' \
    'authority upload|--passphrase-file|file' \
    'authority|prove|command' \
    'authority prove|1|authority' \
    'authority prove|--passphrase-file|file' \
    'authority|crl|command' \
    'authority crl|1|authority' \
    'authority crl|--push|flag' \
    'authority crl|--passphrase-file|file' \
    'authority|revoke|command' \
    'authority revoke|1|authority' \
    'authority revoke|--reason|=unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation privilegeWithdrawn aACompromise' \
    'authority revoke|--yes|flag' \
    'authority revoke|--push|flag' \
    'authority revoke|--passphrase-file|file' \
    '|plan|command' \
    'plan|1|job' \
    'plan|--issuer|authority' \
    '|run|command' \
    'run|1|job' \
    'run|--issuer|authority' \
    'run|--passphrase-file|file' \
    'run|--accept-changes|flag' \
    'run|--accept-clock|flag' \
    '|submit|command' \
    'submit|1|lot' \
    '|watch|command' \
    'watch|--once|flag' \
    'watch|--page|text' \
    'watch|--page-cert|file' \
    'watch|--page-key|file' \
    '|keys|command' \
    'keys|fill|command' \
    '|status|command' \
    'status|1|lot' \
    '|report|command' \
    'report|1|lot' \
    '|check|command' \
    'check|1|lot' \
    'check|--sample|text' \
    'check|--secrets-key|file' \
    'check|--write-off|flag' \
    'check|--reason|text' \
    'check|--yes|flag' \
    'check|--passphrase-file|file' \
    'check|--platform|flag' \
    '|device|command' \
    'device|1|text' \
    'device|--serial|text' \
    'device|--public-key|file' \
    '|inspect|command' \
    'inspect|1|file' \
    '|receipt|command' \
    'receipt|1|lot' \
    'receipt|verify|command' \
    'receipt verify|1|file' \
    'receipt verify|--ca|file' \
    '|truststore|command' \
    'truststore|fetch|command' \
    'truststore fetch|1|text' \
    'truststore fetch|--fingerprint|text' \
    'truststore fetch|--leaf|flag' \
    'truststore|list|command' \
    'truststore list|1|file' \
    'truststore|build|command' \
    'truststore build|1|file' \
    'truststore build|--certificate|file' \
    'truststore|add|command' \
    'truststore add|1|file' \
    'truststore add|--certificate|file' \
    '|rehearse|command' \
    'rehearse|1|lot' \
    'rehearse|--sample|text' \
    'rehearse|--secrets-key|file' \
    '|revoke|command' \
    'revoke|*|text' \
    'revoke|--lot|lot' \
    'revoke|--file|file' \
    'revoke|--reason|=unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation privilegeWithdrawn aACompromise' \
    'revoke|--yes|flag' \
    'revoke|--push|flag' \
    'revoke|--passphrase-file|file' \
    '|remint|command' \
    'remint|*|text' \
    'remint|--reason|=unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation privilegeWithdrawn aACompromise' \
    'remint|--register|flag' \
    'remint|--push|flag' \
    'remint|--no-push|flag' \
    'remint|--passphrase-file|file' \
    '|backup|command' \
    'backup|1|file' \
    '|restore|command' \
    'restore|1|file' \
    '|sandbox|command' \
    'sandbox|--port|text' \
    'sandbox|--device-token-port|text' \
    'sandbox|--mqtt-port|text' \
    'sandbox|--trust|authority' \
    '|completion|command' \
    'completion|1|=bash zsh fish powershell' \
    '|help|command' \
    'help|*|text'

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
