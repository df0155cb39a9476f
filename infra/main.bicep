// Everything the scheduler needs in one resource group. docs/deploy.md walks through it.
targetScope = 'subscription'

@description('Names the deployment; resource names are made from it.')
@minLength(3)
@maxLength(20)
param environmentName string

@description('The Azure region, for example westeurope.')
param location string

@description('Flex and Premium reach the database over a private network. Consumption cannot: see docs/deploy.md.')
@allowed(['Flex', 'Premium', 'Consumption'])
param plan string = 'Flex'

@description('Linux Consumption offers Python up to 3.12.')
@allowed(['3.11', '3.12', '3.13'])
param pythonVersion string = plan == 'Consumption' ? '3.11' : '3.13'

@description('Who administers the database and writes the secrets: name and object id of an Entra user or group.')
param operatorName string
param operatorObjectId string

@allowed(['User', 'Group'])
param operatorType string = 'User'

@description('One IPv4 address that may reach the database for a while, to migrate it. Empty: none.')
param operatorAddress string = ''

@description('Where alerts go.')
param alertEmail string

@description('Size of the database: S0 is 10 DTU.')
param databaseSku string = 'S0'

@description('console sends nothing: switch to twilio when all else is in order.')
@allowed(['console', 'twilio'])
param smsProvider string = 'console'
param twilioAccountSid string = ''
param twilioMessagingServiceSid string = ''

@description('console charges nobody: switch to stripe when all else is in order.')
@allowed(['console', 'stripe'])
param paymentProvider string = 'console'

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var isPrivate = plan != 'Consumption'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
  }
}

module storage 'storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    insightsName: monitoring.outputs.insightsName
  }
}

module network 'network.bicep' = if (isPrivate) {
  name: 'network'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    delegation: plan == 'Flex' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
  }
}

module database 'database.bicep' = {
  name: 'database'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    sku: databaseSku
    operatorName: operatorName
    operatorObjectId: operatorObjectId
    operatorType: operatorType
    operatorAddress: operatorAddress
    isPrivate: isPrivate
    endpointSubnetId: isPrivate ? network!.outputs.endpointSubnetId : ''
    networkId: isPrivate ? network!.outputs.networkId : ''
  }
}

module jobs 'jobs.bicep' = {
  name: 'jobs'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    plan: plan
    pythonVersion: pythonVersion
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    databaseHost: database.outputs.host
    databaseName: database.outputs.name
    subnetId: isPrivate ? network!.outputs.functionsSubnetId : ''
    smsProvider: smsProvider
    twilioAccountSid: twilioAccountSid
    twilioMessagingServiceSid: twilioMessagingServiceSid
    paymentProvider: paymentProvider
  }
}

module grants 'grants.bicep' = {
  name: 'grants'
  scope: group
  params: {
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    appPrincipalId: jobs.outputs.principalId
    operatorObjectId: operatorObjectId
    operatorType: operatorType
  }
}

module firewall 'firewall.bicep' = if (!isPrivate) {
  name: 'firewall'
  scope: group
  params: {
    serverName: database.outputs.serverName
    addresses: jobs.outputs.outgoingAddresses
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    insightsId: monitoring.outputs.insightsId
    email: alertEmail
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTIONAPP_NAME string = jobs.outputs.name
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_STORAGE_ACCOUNT string = storage.outputs.name
output SQL_HOST string = database.outputs.host
output SQL_DATABASE string = database.outputs.name
