// Linux Consumption has no network of its own: the database admits the addresses from which the app may call.
param serverName string
param addresses array

resource server 'Microsoft.Sql/servers@2023-08-01' existing = {
  name: serverName
}

resource rules 'Microsoft.Sql/servers/firewallRules@2023-08-01' = [for address in addresses: {
  parent: server
  name: 'jobs-${replace(address, '.', '-')}'
  properties: {
    startIpAddress: address
    endIpAddress: address
  }
}]
