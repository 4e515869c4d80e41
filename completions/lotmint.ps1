# PowerShell completion of lotmint, made by "npm run reference".
# Load it with: lotmint completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName lotmint -ScriptBlock {
  param($current, $ast, $position)
  $rows = @(
    '*|--home|folder'
    '*|--json|flag'
    '*|--log-level|=silent error warn info debug'
    '*|--log-format|=text json'
    '*|--help|flag'
    '*|--version|flag'
    '|init|command'
    'init|1|folder'
    'init|--sandbox|flag'
    'init|--platform|text'
    'init|--tenant|text'
    'init|--user|text'
    'init|--without-platform|flag'
    'init|--organization|text'
    'init|--root|text'
    'init|--intermediate|text'
    'init|--job|text'
    'init|--passphrase-file|file'
    'init|--root-passphrase-file|file'
    '|doctor|command'
    '|authority|command'
    'authority|create|command'
    'authority create|1|text'
    'authority create|--issuer|authority'
    'authority create|--subject|text'
    'authority create|--key|=ec-p256 ec-p384 rsa-2048 rsa-3072 rsa-4096'
    'authority create|--validity|text'
    'authority create|--path-length|text'
    'authority create|--hsm|text'
    'authority create|--passphrase-file|file'
    'authority create|--issuer-passphrase-file|file'
    'authority|import|command'
    'authority import|1|authority'
    'authority import|--certificate|file'
    'authority import|--key|file'
    'authority import|--hsm|text'
    'authority import|--chain|file'
    'authority import|--pkcs12|file'
    'authority import|--openssl-ca|folder'
    'authority import|--passphrase-file|file'
    'authority|request|command'
    'authority request|1|text'
    'authority request|--subject|text'
    'authority request|--key|=ec-p256 ec-p384 rsa-2048 rsa-3072 rsa-4096'
    'authority request|--hsm|text'
    'authority request|--passphrase-file|file'
    'authority|sign|command'
    'authority sign|1|file'
    'authority sign|--issuer|authority'
    'authority sign|--out|file'
    'authority sign|--validity|text'
    'authority sign|--path-length|text'
    'authority sign|--passphrase-file|file'
    'authority|list|command'
    'authority|show|command'
    'authority show|1|authority'
    'authority show|--platform|flag'
    'authority show|--no-platform|flag'
    'authority|upload|command'
    'authority upload|1|authority'
    'authority upload|--auto-registration|flag'
    'authority upload|--prove|flag'
    'authority upload|--passphrase-file|file'
    'authority|prove|command'
    'authority prove|1|authority'
    'authority prove|--passphrase-file|file'
    'authority|crl|command'
    'authority crl|1|authority'
    'authority crl|--push|flag'
    'authority crl|--passphrase-file|file'
    'authority|revoke|command'
    'authority revoke|1|authority'
    'authority revoke|--reason|=unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation privilegeWithdrawn aACompromise'
    'authority revoke|--yes|flag'
    'authority revoke|--push|flag'
    'authority revoke|--passphrase-file|file'
    '|plan|command'
    'plan|1|job'
    'plan|--issuer|authority'
    '|run|command'
    'run|1|job'
    'run|--issuer|authority'
    'run|--passphrase-file|file'
    'run|--accept-changes|flag'
    'run|--accept-clock|flag'
    '|submit|command'
    'submit|1|lot'
    '|watch|command'
    'watch|--once|flag'
    'watch|--page|text'
    'watch|--page-cert|file'
    'watch|--page-key|file'
    '|keys|command'
    'keys|fill|command'
    '|status|command'
    'status|1|lot'
    '|report|command'
    'report|1|lot'
    '|check|command'
    'check|1|lot'
    'check|--sample|text'
    'check|--secrets-key|file'
    'check|--write-off|flag'
    'check|--reason|text'
    'check|--yes|flag'
    'check|--passphrase-file|file'
    'check|--platform|flag'
    '|device|command'
    'device|1|text'
    'device|--serial|text'
    'device|--public-key|file'
    '|inspect|command'
    'inspect|1|file'
    '|receipt|command'
    'receipt|1|lot'
    'receipt|verify|command'
    'receipt verify|1|file'
    'receipt verify|--ca|file'
    '|truststore|command'
    'truststore|fetch|command'
    'truststore fetch|1|text'
    'truststore fetch|--fingerprint|text'
    'truststore fetch|--leaf|flag'
    'truststore|list|command'
    'truststore list|1|file'
    'truststore|build|command'
    'truststore build|1|file'
    'truststore build|--certificate|file'
    'truststore|add|command'
    'truststore add|1|file'
    'truststore add|--certificate|file'
    '|rehearse|command'
    'rehearse|1|lot'
    'rehearse|--sample|text'
    'rehearse|--secrets-key|file'
    '|revoke|command'
    'revoke|*|text'
    'revoke|--lot|lot'
    'revoke|--file|file'
    'revoke|--reason|=unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation privilegeWithdrawn aACompromise'
    'revoke|--yes|flag'
    'revoke|--push|flag'
    'revoke|--passphrase-file|file'
    '|remint|command'
    'remint|*|text'
    'remint|--reason|=unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation privilegeWithdrawn aACompromise'
    'remint|--register|flag'
    'remint|--push|flag'
    'remint|--no-push|flag'
    'remint|--passphrase-file|file'
    '|backup|command'
    'backup|1|file'
    '|restore|command'
    'restore|1|file'
    '|sandbox|command'
    'sandbox|--port|text'
    'sandbox|--device-token-port|text'
    'sandbox|--mqtt-port|text'
    'sandbox|--trust|authority'
    '|completion|command'
    'completion|1|=bash zsh fish powershell'
    '|help|command'
    'help|*|text'
  )
  # What the row of a command and a word says, or nothing.
  function Get-Kind($called, $word) {
    foreach ($row in $rows) {
      $of, $name, $kind = $row.Split('|')
      if (($of -ceq $called -or $of -eq '*') -and $name -ceq $word) { return $kind }
    }
  }
  $base = if ($env:LOTMINT_HOME) { $env:LOTMINT_HOME } else { '.' }
  $called = ''
  $wants = ''
  $place = 1
  $words = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position -or $current -eq '' } |
      Select-Object -Skip 1 | ForEach-Object { $_.ToString().Trim('"', "'") })
  foreach ($word in $words) {
    $kind = Get-Kind $called $word
    if ($wants) {
      if ($wants -eq '--home') { $base = $word }
      $wants = ''
    }
    elseif ($word.StartsWith('--home=')) { $base = $word.Substring(7) }
    elseif ($word.StartsWith('-')) { if ($kind -and $kind -ne 'flag') { $wants = $word } }
    elseif ($kind -eq 'command') { $called = "$called $word".Trim() }
    else { $place++ }
  }
  if ($wants) { $kind = Get-Kind $called $wants }
  elseif ($current.StartsWith('-')) { $kind = 'options' }
  else {
    $kind = Get-Kind $called "$place"
    if (-not $kind) { $kind = Get-Kind $called '*' }
    if (-not $kind) { $kind = 'commands' }
  }
  $found = switch -Wildcard ($kind) {
    'options' { $rows | Where-Object { $_.StartsWith("$called|--") -or $_.StartsWith('*|--') } | ForEach-Object { $_.Split('|')[1] } }
    'commands' { $rows | Where-Object { $_.StartsWith("$called|") -and $_.EndsWith('|command') } | ForEach-Object { $_.Split('|')[1] } }
    'authority' { (Get-ChildItem "$base/state/authorities" -Directory -ErrorAction SilentlyContinue).Name }
    'lot' { (Get-ChildItem "$base/output" -Directory -ErrorAction SilentlyContinue).Name | Where-Object { $_ -notlike '*%*' } }
    'job' { (Get-ChildItem "$base/jobs/*" -Include *.yaml, *.yml -File -ErrorAction SilentlyContinue).BaseName }
    '=*' { $kind.Substring(1).Split(' ') }
  }
  # Nothing found: PowerShell offers files.
  $found | Where-Object { $_ -and $_.StartsWith($current) } | ForEach-Object {
    $text = if ($_ -match "[\s']") { "'" + $_.Replace("'", "''") + "'" } else { $_ }
    [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
  }
}
