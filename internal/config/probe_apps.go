package config

import (
	"github.com/ldirector/ldirector/healthcheck/ftp"
	"github.com/ldirector/ldirector/healthcheck/grpc"
	"github.com/ldirector/ldirector/healthcheck/ldap"
	"github.com/ldirector/ldirector/healthcheck/mysql"
	"github.com/ldirector/ldirector/healthcheck/nntp"
	"github.com/ldirector/ldirector/healthcheck/pgsql"
	"github.com/ldirector/ldirector/healthcheck/radius"
	"github.com/ldirector/ldirector/healthcheck/redis"
	"github.com/ldirector/ldirector/healthcheck/sip"
)

// appBlock is a probe that can speak TLS and has nothing else in common with
// others.
func appBlock(name string, decode func(c *content, p *probe), args ...argument) *block {
	return &block{name: name, args: append(args, tlsArgument()), groups: append(portGroups(), tlsGroup()),
		probe: &probeKind{at: atPort, decode: decode}}
}

// requestArgument is what is asked for.
func requestArgument() argument { return argument{name: "request", kind: kindData} }

// receiveArgument is what the answer has to match.
func receiveArgument() argument { return argument{name: "receive", kind: kindRegexp} }

func grpcCheckBlock() *block {
	return appBlock("grpc_check", func(c *content, p *probe) {
		s := c.security()
		cfg := grpc.Config{TLS: s.now, TLSConfig: s.config}
		cfg.Service, _ = c.text("service")
		ask(c, p, cfg, grpc.New)
	}, argument{name: "service", kind: kindText, def: `""`})
}

func redisCheckBlock() *block {
	return appBlock("redis_check", func(c *content, p *probe) {
		s := c.security()
		cfg := redis.Config{TLS: s.now, TLSConfig: s.config}
		cfg.Login, _ = c.text("login")
		cfg.Passwd, _ = c.text("passwd")
		cfg.Role, _ = c.text("role")
		ask(c, p, cfg, redis.New)
	}, append(accountArguments(), argument{name: "role", kind: kindWord, words: []string{"master", "slave", "sentinel"}})...)
}

func mysqlCheckBlock() *block {
	return appBlock("mysql_check", func(c *content, p *probe) {
		s := c.security()
		cfg := mysql.Config{TLS: s.now, TLSConfig: s.config, Receive: c.regexp("receive")}
		cfg.Login, cfg.Passwd = c.account()
		cfg.Database, _ = c.text("database")
		cfg.Request, _ = c.text("request")
		ask(c, p, cfg, mysql.New)
	}, queryArguments()...)
}

func pgsqlCheckBlock() *block {
	return appBlock("pgsql_check", func(c *content, p *probe) {
		s := c.security()
		cfg := pgsql.Config{TLS: s.now, TLSConfig: s.config, Receive: c.regexp("receive")}
		cfg.Login, cfg.Passwd = c.account()
		cfg.Database, _ = c.text("database")
		cfg.Request, _ = c.text("request")
		ask(c, p, cfg, pgsql.New)
	}, queryArguments()...)
}

// queryArguments are those of probes that ask a database.
func queryArguments() []argument {
	return append(accountArguments(), argument{name: "database", kind: kindText}, requestArgument(), receiveArgument())
}

func ldapCheckBlock() *block {
	return appBlock("ldap_check", func(c *content, p *probe) {
		s := c.security()
		cfg := ldap.Config{TLS: s.now, StartTLS: s.later, TLSConfig: s.config, Receive: c.regexp("receive")}
		cfg.Login, cfg.Passwd = c.account()
		cfg.Base, _ = c.text("base")
		cfg.Request, _ = c.text("request")
		ask(c, p, cfg, ldap.New)
	}, append(accountArguments(), argument{name: "base", kind: kindText, inherits: "the server's own entry"},
		requestArgument(), receiveArgument(), starttlsArgument())...)
}

func radiusCheckBlock() *block {
	return &block{name: "radius_check",
		args:   append(accountArguments(), argument{name: "secret", kind: kindText, required: true, example: `"shared"`}),
		groups: portGroups(),
		probe: &probeKind{at: atPort, decode: func(c *content, p *probe) {
			var cfg radius.Config
			cfg.Login, cfg.Passwd = c.account()
			cfg.Secret, _ = c.text("secret")
			ask(c, p, cfg, radius.New)
		}},
	}
}

func ftpCheckBlock() *block {
	return appBlock("ftp_check", func(c *content, p *probe) {
		s := c.security()
		cfg := ftp.Config{TLS: s.now, StartTLS: s.later, TLSConfig: s.config, Receive: c.regexp("receive")}
		cfg.Login, cfg.Passwd = c.account()
		cfg.Request, _ = c.text("request")
		ask(c, p, cfg, ftp.New)
	}, append(accountArguments(), requestArgument(), receiveArgument(), starttlsArgument())...)
}

func nntpCheckBlock() *block {
	return appBlock("nntp_check", func(c *content, p *probe) {
		s := c.security()
		cfg := nntp.Config{TLS: s.now, StartTLS: s.later, TLSConfig: s.config, Receive: c.regexp("receive")}
		cfg.Login, cfg.Passwd = c.account()
		cfg.Request, _ = c.text("request")
		ask(c, p, cfg, nntp.New)
	}, append(accountArguments(), requestArgument(), receiveArgument(), starttlsArgument())...)
}

func sipCheckBlock() *block {
	return appBlock("sip_check", func(c *content, p *probe) {
		s := c.security()
		cfg := sip.Config{TLS: s.now, TLSConfig: s.config}
		cfg.Login, _ = c.text("login")
		cfg.Transport, _ = c.text("transport")
		if s.now && cfg.Transport == "udp" {
			c.bad("tls", "Contradictory arguments", "TLS needs a connection. Add transport = \"tcp\", or remove tls.")
		}
		ask(c, p, cfg, sip.New)
	}, argument{name: "login", kind: kindText},
		argument{name: "transport", kind: kindWord, def: `"udp"`, words: []string{"udp", "tcp"}})
}
