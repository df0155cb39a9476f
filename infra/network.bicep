// A network for the app alone, in which the database has an address of its own.
param token string
param location string
param tags object

@description('Microsoft.App/environments for Flex, Microsoft.Web/serverFarms for Premium.')
param delegation string

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/24'] }
    subnets: [
      {
        name: 'functions'
        properties: {
          addressPrefix: '10.20.0.0/26'
          delegations: [
            {
              name: 'functions'
              properties: { serviceName: delegation }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.20.0.64/27' }
      }
    ]
  }
}

output networkId string = network.id
output functionsSubnetId string = '${network.id}/subnets/functions'
output endpointSubnetId string = '${network.id}/subnets/endpoints'
