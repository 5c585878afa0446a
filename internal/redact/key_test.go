package redact

import (
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	credentials := `password passwd PASSWORD db_password dbPassword password2 passphrase passphrases pwd DB_PWD pass smtp_pass
		secret secrets client_secret clientSecret clientsecret token tokens access_token accessToken authToken bearer_token bearerToken
		apikey api_key apiKey API_KEY APIKey APIkey api-key x-api-key X-API-Key api.key access_key accesskey secret_key secret_access_key
		private_key privatekey account_key AccountKey SharedAccessKey shared_key license_key licenseKey encryption_key signing_key
		Authorization authorization Proxy-Authorization proxy_authorization credential credentials creds bearer cookie cookies Set-Cookie
		client_key client_key_pem key_pem keyPem client-key-data connection_string connectionString ConnectionString dsn sentry_dsn sas
		sas_token psk jwt DD_API_KEY NEW_RELIC_LICENSE_KEY x-honeycomb-team signoz-ingestion-key lightstep-access-token
		password_hash secretValue token.value`
	for key := range strings.FieldsSeq(credentials) {
		if classify(key) == plain {
			t.Errorf("classify(%q) = plain, want a credential", key)
		}
	}
	harmless := `key keys Key key_file keyFile cert_file password_file passwordFile bearer_token_file token_path token_url tokenUrl TokenURL
		token_endpoint secret_name secretName secretKeyRef credentials_file token_type password_policy max_tokens maxTokens input_tokens
		page_token tokenizer tokenize secretary bypass low_pass passing partition_key partitionKey public_key primary_key routing_key
		sort_key group_by_keys blocked_keys auth authenticator basicauth bearertokenauth oauth2client username user client_id access_key_id
		compass monkey keyboard keepalive cookie_name authorization_mode token_ttl dsn_name connection string header headers compression
		processors service receivers telemetry`
	for key := range strings.FieldsSeq(harmless) {
		if c := classify(key); c != plain {
			t.Errorf("classify(%q) = %d, want plain", key, c)
		}
	}
	for _, key := range []string{"API key", "my password (prod)", "connection string", "--token", "\"password\"", "passwörd password"} {
		if classify(key) == plain {
			t.Errorf("classify(%q) = plain, want a credential", key)
		}
	}
	if classify("") != plain || classify("password file: x") == plain {
		t.Error("classify judges groups of words by themselves")
	}
}
