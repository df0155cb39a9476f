// Somebody hears of it when a run fails or meets errors, when one job is not done in time, when the host stops calling a
// function, and when nothing runs at all.
param token string
param location string
param tags object
param insightsId string
param email string

// Hours after which a job that was not done is late: its period and an hour or two. A test compares them with the
// schedules.
var allowedHours = {
  VaccinationMonitor: 26
  NoShowDetector: 26
  AppointmentReminders24h: 3
  AppointmentReminders2h: 3
  ReputationUpdater: 170
}
var allowed = join(map(items(allowedHours), each => '"${each.key}", real(${each.value})'), ', ')

var rules = [
  {
    name: 'failed-run'
    words: 'A run failed.'
    severity: 1
    query: 'requests | where success == false'
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    over: 'PT30M'
  }
  {
    name: 'run-with-errors'
    words: 'A run met errors: python -m shared health names them.'
    severity: 2
    query: 'customMetrics | where name == "petcare.run_seconds" and tostring(customDimensions.status) == "with_errors"'
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT1H'
    over: 'PT2H'
  }
  {
    name: 'uncalled-function'
    words: 'The Functions host stopped calling a function: a timer can stop for good after a deployment. Restart the app.'
    severity: 1
    query: 'let allowed = datatable(job: string, hours: real) [${allowed}] | where hours <= 48; allowed | join kind=leftouter (requests | summarize last = max(timestamp) by job = name) on job | where isnull(last) or last < now() - hours * 1h'
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT1H'
    over: 'P2D'
  }
  {
    name: 'late-job'
    words: 'A job was not done when its schedule asks for it.'
    severity: 1
    query: 'let allowed = datatable(job: string, hours: real) [${allowed}]; customMetrics | where name == "petcare.hours_since_done" | extend job = tostring(customDimensions.job) | summarize arg_max(timestamp, value) by job | join kind=inner allowed on job | where value > hours'
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT1H'
    over: 'PT3H'
  }
  {
    name: 'silence'
    words: 'No job ran for three hours, or no telemetry arrives.'
    severity: 1
    query: 'customMetrics | where name == "petcare.run_seconds"'
    operator: 'LessThan'
    threshold: 1
    every: 'PT1H'
    over: 'PT3H'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'petcare'
    enabled: true
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${rule.name}-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'petcare: ${rule.name}'
    description: rule.words
    severity: rule.severity
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: rule.every
    windowSize: rule.over
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    actions: { actionGroups: [people.id] }
  }
}]
