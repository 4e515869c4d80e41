# PowerShell completion of lotmint, made by "npm run reference".
# Load it with: lotmint completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName lotmint -ScriptBlock {
  param($current, $ast, $position)
  $rows = @(
@ROWS@
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
