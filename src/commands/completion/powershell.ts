import { ASK, ASK_NEXT } from '../../cli/completion/ask.ts';

/** PowerShell 5.1 drops empty arguments of programs: hence the second way to ask. */
export const powershell = `# PowerShell completion for kycgenie
Register-ArgumentCompleter -Native -CommandName kycgenie -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $sent = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    ForEach-Object { $_.Extent.Text -replace '[''"]', '' })
  $current = "$wordToComplete" -replace '[''"]', ''
  $lines = if ($current -eq '') { kycgenie ${ASK_NEXT} @sent 2>$null } else { kycgenie ${ASK} @sent $current 2>$null }
  foreach ($line in $lines) {
    if ($line.StartsWith(':')) { continue }
    $value, $text = $line -split [char]9, 2
    if (-not $text) { $text = $value }
    $typed = if ($value -match '^[\\w.:=/-]+$') { $value } else { "'$value'" }
    [System.Management.Automation.CompletionResult]::new($typed, $value, 'ParameterValue', $text)
  }
}
`;
