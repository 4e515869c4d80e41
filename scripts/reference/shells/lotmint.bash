# bash completion of lotmint, made by "npm run reference".
# Load it with: source <(lotmint completion bash)
_lotmint_rows='
@ROWS@
'

# Sets kind to what the row of a command ($1) and a word ($2) says, or to nothing.
_lotmint_kind() {
  local rest command
  for command in "$1" '*'; do
    rest=${_lotmint_rows#*$'\n'"$command|$2|"}
    if [[ $rest != "$_lotmint_rows" ]]; then
      kind=${rest%%$'\n'*}
      return 0
    fi
  done
  kind=
  return 1
}

_lotmint_offer() {
  local word
  for word in "$@"; do
    if [[ $word == "$cur"* ]]; then COMPREPLY+=("$word"); fi
  done
}

# Names that a shell would take apart are quoted.
_lotmint_offer_folders() {
  local path name
  for path in "$1"/*/; do
    path=${path%/}
    name=${path##*/}
    if [[ -d $path && $name == "$cur"* && $name != *%* ]]; then COMPREPLY+=("$(printf %q "$name")"); fi
  done
}

_lotmint_offer_jobs() {
  local path name
  for path in "$home"/jobs/*.yaml "$home"/jobs/*.yml; do
    name=${path##*/}
    if [[ -f $path ]]; then _lotmint_offer "${name%.*}"; fi
  done
}

_lotmint_offer_files() {
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}

_lotmint() {
  local cur=${COMP_WORDS[COMP_CWORD]} home=${LOTMINT_HOME:-.}
  local command='' wants='' kind='' word row i place=1 IFS=$' \t\n'
  COMPREPLY=()
  if [[ $cur == '=' ]]; then cur=; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $wants ]]; then
      if [[ $wants == --home ]]; then home=${word/#\~/$HOME}; fi
      wants=
    elif [[ $word == -* ]]; then
      if _lotmint_kind "$command" "$word" && [[ $kind != flag ]]; then wants=$word; fi
    elif _lotmint_kind "$command" "$word" && [[ $kind == command ]]; then
      command=${command:+$command }$word
    else
      place=$((place + 1))
    fi
  done
  if [[ -n $wants ]]; then
    _lotmint_kind "$command" "$wants"
  elif [[ $cur == -* ]]; then
    kind=options
  else
    _lotmint_kind "$command" "$place" || _lotmint_kind "$command" '*' || kind=commands
  fi
  case $kind in
    options | commands)
      while IFS='|' read -r row word i; do
        case "$kind $word" in
          'options --'*) if [[ $row == "$command" || $row == '*' ]]; then _lotmint_offer "$word"; fi ;;
          'commands '*) if [[ $row == "$command" && $i == command ]]; then _lotmint_offer "$word"; fi ;;
        esac
      done <<<"$_lotmint_rows"
      ;;
    authority) _lotmint_offer_folders "$home/state/authorities" ;;
    lot) _lotmint_offer_folders "$home/output" ;;
    job)
      _lotmint_offer_jobs
      _lotmint_offer_files -f
      ;;
    file) _lotmint_offer_files -f ;;
    folder) _lotmint_offer_files -d ;;
    =*) for word in ${kind#=}; do _lotmint_offer "$word"; done ;;
  esac
}

complete -F _lotmint lotmint
