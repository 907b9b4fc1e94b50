# NixOS module: FrontendMaster, and Caddy in front of it. See docs/operate.md.
#
#   imports = [ ./frontend-master.nix ];
#   services.joh.frontend-master = {
#     enable = true;
#     package = "/opt/joh";
#     hostNames = { site = "joy.example"; git = "git.joy.example"; cache = "cache.joy.example"; };
#     engine = "docker";
#     door = "http://10.0.0.1:8788";
#   };
{ config, lib, pkgs, ... }:
let
  cfg = config.services.joh.frontend-master;
  inherit (lib) mkEnableOption mkIf mkOption optionalAttrs types;
  hostNames = lib.concatStringsSep "," (
    map (role: "${role}=${cfg.hostNames.${role}}") (
      builtins.filter (role: cfg.hostNames ? ${role}) [ "site" "git" "cache" ]
    )
  );
  settings = {
    NODE_ENV = "production";
    JOH_DATA = "/var/lib/joh";
    JOH_ENGINE = cfg.engine;
    JOH_PORT = toString cfg.port;
  }
  // optionalAttrs (cfg.hostNames != { }) {
    JOH_HOST_NAMES = hostNames;
    JOH_TRUSTED_PROXY = "127.0.0.1";
  }
  // optionalAttrs (cfg.door != null) { JOH_DOOR = cfg.door; }
  // optionalAttrs (cfg.registry != null) { JOH_REGISTRY = cfg.registry; }
  // cfg.settings;
in
{
  options.services.joh.frontend-master = {
    enable = mkEnableOption "FrontendMaster of Joy of Hardware";
    package = mkOption {
      type = types.path;
      description = "The product, built: a tree as `npm ci` and `npm run build` leave it.";
    };
    engine = mkOption {
      type = types.enum [ "local" "docker" "swarm" ];
      default = "docker";
      description = "Where session containers run.";
    };
    hostNames = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "Names of site, git and cache behind Caddy; empty: no Caddy.";
    };
    port = mkOption {
      type = types.port;
      default = 8787;
      description = "Where FrontendMaster listens on loopback.";
    };
    door = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Where containers of other machines reach FrontendMaster, `http://<address>:<port>`.";
    };
    registry = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "`<host>:<port>` of the registry that nodes pull from.";
    };
    settings = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "More environment variables; see the table in docs/operate.md.";
    };
    secretsFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      description = "File with DATABASE_URL, JOH_METRICS_TOKEN; outside the store, mode 0600.";
    };
  };

  config = mkIf cfg.enable {
    users.users.joh = {
      isSystemUser = true;
      group = "joh";
      home = "/var/lib/joh";
      extraGroups = lib.optional (cfg.engine != "local") "docker";
    };
    users.groups.joh = { };

    systemd.services.joh-frontend-master = {
      description = "Joy of Hardware: FrontendMaster";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" "docker.service" "postgresql.service" ];
      environment = settings;
      path = [ pkgs.git pkgs.bash pkgs.coreutils ];
      serviceConfig = {
        User = "joh";
        Group = "joh";
        WorkingDirectory = "${cfg.package}";
        ExecStart = "${cfg.package}/node_modules/.bin/node --max-semi-space-size=8 --heap-growing-percent=20 apps/frontend-master/src/main.ts";
        ExecStartPost = "${pkgs.bash}/bin/sh ${cfg.package}/ops/systemd/await-frontend-master.sh";
        TimeoutStartSec = 300;
        KillMode = "mixed";
        TimeoutStopSec = 20;
        Restart = "always";
        RestartSec = 1;
        StateDirectory = "joh";
        StateDirectoryMode = "0700";
        UMask = "0077";
        NoNewPrivileges = true;
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        ProtectClock = true;
        ProtectHostname = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectKernelLogs = true;
        ProtectControlGroups = true;
        ProtectProc = "invisible";
        RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6 AF_NETLINK";
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        LockPersonality = true;
        RemoveIPC = true;
        SystemCallArchitectures = "native";
        SystemCallFilter = "@system-service";
        SystemCallErrorNumber = "EPERM";
        LimitNOFILE = 65536;
        MemoryHigh = "2G";
        TasksMax = 512;
      }
      // optionalAttrs (cfg.secretsFile != null) { EnvironmentFile = cfg.secretsFile; };
    };

    services.caddy = mkIf (cfg.hostNames != { }) {
      enable = true;
      configFile = "${cfg.package}/ops/caddy/Caddyfile";
      adapter = "caddyfile";
    };
    systemd.services.caddy.environment = mkIf (cfg.hostNames != { }) {
      JOH_CADDY_NAMES = lib.concatStringsSep ", " (lib.unique (builtins.attrValues cfg.hostNames));
      JOH_UPSTREAM = "127.0.0.1:${toString cfg.port}";
    };
    # For its admin socket.
    systemd.services.caddy.serviceConfig = mkIf (cfg.hostNames != { }) { RuntimeDirectory = "caddy"; };
    networking.firewall.allowedTCPPorts = lib.optionals (cfg.hostNames != { }) [ 80 443 ];
  };
}
