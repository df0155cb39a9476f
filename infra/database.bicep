// Azure SQL: Entra identities only, and nobody gets through but the app, and for a while one address of an operator.
param token string
param location string
param tags object
param sku string
param operatorName string
param operatorObjectId string
param operatorType string
param operatorAddress string
param isPrivate bool
param endpointSubnetId string
param networkId string

var zoneName = 'privatelink${environment().suffixes.sqlServerHostname}'
var isOpenToOperator = !empty(operatorAddress)

resource server 'Microsoft.Sql/servers@2023-08-01' = {
  name: 'sql-${token}'
  location: location
  tags: tags
  properties: {
    administrators: {
      administratorType: 'ActiveDirectory'
      azureADOnlyAuthentication: true
      login: operatorName
      sid: operatorObjectId
      principalType: operatorType
      tenantId: tenant().tenantId
    }
    minimalTlsVersion: '1.2'
    publicNetworkAccess: isPrivate && !isOpenToOperator ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: server
  name: 'petcare'
  location: location
  tags: tags
  sku: { name: sku }
}

resource operatorRule 'Microsoft.Sql/servers/firewallRules@2023-08-01' = if (isOpenToOperator) {
  parent: server
  name: 'operator'
  properties: {
    startIpAddress: operatorAddress
    endIpAddress: operatorAddress
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2023-11-01' = if (isPrivate) {
  name: 'pe-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: endpointSubnetId }
    privateLinkServiceConnections: [
      {
        name: 'sql'
        properties: {
          privateLinkServiceId: server.id
          groupIds: ['sqlServer']
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = if (isPrivate) {
  name: zoneName
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = if (isPrivate) {
  parent: zone
  name: 'vnet'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01' = if (isPrivate) {
  parent: endpoint
  name: 'sql'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'sql'
        properties: { privateDnsZoneId: zone.id }
      }
    ]
  }
}

output serverName string = server.name
output host string = server.properties.fullyQualifiedDomainName
output name string = database.name
