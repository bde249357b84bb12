package entity

// Token is the answer of the token endpoint (RFC 6749 §5.1).
type Token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"` // "Bearer"
	Scope       string `json:"scope"`
	CreatedAt   int64  `json:"created_at"` // seconds since 1970
}
