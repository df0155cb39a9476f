// The Function App and its settings. Schedules stand in the function.json files and are read in UTC.
param token string
param location string
param tags object
param plan string
param pythonVersion string
param storageName string
param vaultName string
param databaseHost string
param databaseName string
param subnetId string
param smsProvider string
param twilioAccountSid string
param twilioMessagingServiceSid string
param paymentProvider string

var isFlex = plan == 'Flex'
var skus = {
  Flex: { name: 'FC1', tier: 'FlexConsumption' }
  Premium: { name: 'EP1', tier: 'ElasticPremium' }
  Consumption: { name: 'Y1', tier: 'Dynamic' }
}
var signIn = 'Authentication=ActiveDirectoryMsi&Encrypt=yes'
var secrets = '@Microsoft.KeyVault(VaultName=${vaultName};SecretName='

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName
}

var packages = '${storage.properties.primaryEndpoints.blob}packages'

resource farm 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: plan == 'Premium' ? 'elastic' : 'functionapp'
  sku: skus[plan]
  properties: { reserved: true }
}

var common = {
  serverFarmId: farm.id
  httpsOnly: true
}
var joined = empty(subnetId) ? {} : { virtualNetworkSubnetId: subnetId }
var flex = {
  functionAppConfig: {
    deployment: {
      storage: {
        type: 'blobContainer'
        value: packages
        authentication: { type: 'SystemAssignedIdentity' }
      }
    }
    runtime: {
      name: 'python'
      version: pythonVersion
    }
    scaleAndConcurrency: {
      instanceMemoryMB: 2048
      maximumInstanceCount: 40
    }
  }
}
var classic = {
  siteConfig: {
    linuxFxVersion: 'PYTHON|${pythonVersion}'
    ftpsState: 'Disabled'
    minTlsVersion: '1.2'
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'jobs' })
  kind: 'functionapp,linux'
  identity: { type: 'SystemAssigned' }
  properties: union(common, joined, isFlex ? flex : classic)
}

var hostSettings = {
  AzureWebJobsStorage__accountName: storageName
  APPLICATIONINSIGHTS_CONNECTION_STRING: '${secrets}applicationinsights-connection-string)'
}
var classicHostSettings = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'python'
  WEBSITE_RUN_FROM_PACKAGE: '${packages}/jobs.zip'
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: 'SystemAssigned'
}
var jobSettings = {
  DATABASE_URL: 'mssql+pyodbc://@${databaseHost}/${databaseName}?${signIn}'
  TASK_TIMEZONE: 'UTC'
  SMS_PROVIDER: smsProvider
  TWILIO_ACCOUNT_SID: twilioAccountSid
  TWILIO_MESSAGING_SERVICE_SID: twilioMessagingServiceSid
  TWILIO_AUTH_TOKEN: '${secrets}twilio-auth-token)'
  PAYMENT_PROVIDER: paymentProvider
  STRIPE_SECRET_KEY: '${secrets}stripe-secret-key)'
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(jobSettings, hostSettings, isFlex ? {} : classicHostSettings)
}

output name string = app.name
output principalId string = app.identity.principalId
output outgoingAddresses array = isFlex ? [] : split(app.properties.possibleOutboundIpAddresses, ',')
