// npm oidc-provider with its in-memory adapter: clients es256 and rs256, client_credentials, introspection. Access tokens are JWTs
// (not stored at all) for the resources urn:bench:es256 and urn:bench:rs256, opaque ones (the only kind that it introspects) for
// urn:bench:opaque. PORT is where it listens, on loopback.
import { Provider } from 'oidc-provider';
import { generateKeyPairSync } from 'node:crypto';

const port = Number(process.env.PORT);
const key = (type, options, alg) =>
  ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, kid: alg, use: 'sig' });
const client = (id) => ({
  client_id: id,
  client_secret: `secret-${id}`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'client_secret_basic',
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client('es256'), client('rs256')],
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')] },
  cookies: { keys: ['bench'] },
  scopes: ['openid', 'api'],
  ttl: { ClientCredentials: 3600 },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (context, asking, token) => asking.clientId === token.clientId },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (context, resource) => ({
        scope: 'api',
        audience: resource,
        accessTokenTTL: 3600,
        ...(resource === 'urn:bench:opaque'
          ? { accessTokenFormat: 'opaque' }
          : { accessTokenFormat: 'jwt', jwt: { sign: { alg: resource === 'urn:bench:rs256' ? 'RS256' : 'ES256' } } }),
      }),
    },
  },
});
provider.listen(port, '127.0.0.1');
