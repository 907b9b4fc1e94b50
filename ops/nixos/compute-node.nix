# NixOS module: a machine whose Docker runs session containers. See docs/operate.md.
#
#   imports = [ ./compute-node.nix ];
#   services.joh.compute-node = {
#     enable = true;
#     package = "/opt/joh";
#     address = "10.0.0.7";
#     doors = [ "10.0.0.1:8788" "10.0.0.53:53" "10.0.0.53:53/udp" ];
#   };
#
# First with `joined = false`; then `export JOH_JOIN_RESTART=none` and run the command of `joh node join`,
# which puts key and certificates into /etc/docker/joh; then `joined = true`.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.joh.compute-node;
  inherit (lib) mkEnableOption mkIf mkOption optionalAttrs types;
in
{
  options.services.joh.compute-node = {
    enable = mkEnableOption "a compute node of Joy of Hardware";
    package = mkOption {
      type = types.path;
      description = "The product's tree; its `ops/docker-host` is used.";
    };
    address = mkOption {
      type = types.str;
      description = "Address at which FrontendMaster reaches this machine's Docker daemon.";
    };
    port = mkOption {
      type = types.port;
      default = 2376;
      description = "Its port.";
    };
    doors = mkOption {
      type = types.listOf types.str;
      description = "What containers may reach of private addresses: FrontendMaster's door, and name servers.";
    };
    joined = mkOption {
      type = types.bool;
      default = false;
      description = "Whether key and certificates are in /etc/docker/joh.";
    };
  };

  config = mkIf cfg.enable {
    virtualisation.docker = {
      enable = true;
      liveRestore = true;
      daemon.settings = optionalAttrs cfg.joined {
        hosts = [ "tcp://${cfg.address}:${toString cfg.port}" ];
        tlsverify = true;
        tlscacert = "/etc/docker/joh/authority.pem";
        tlscert = "/etc/docker/joh/certificate.pem";
        tlskey = "/etc/docker/joh/key.pem";
      };
    };
    networking.firewall.allowedTCPPorts = lib.optional cfg.joined cfg.port;

    systemd.services.docker.serviceConfig = {
      KillMode = "process";
      OOMScoreAdjust = -500;
    };
    systemd.services.joh-isolate = {
      description = "Joy of Hardware: what containers may not reach";
      wantedBy = [ "docker.service" ];
      after = [ "docker.service" "firewall.service" ];
      partOf = [ "docker.service" ];
      path = [ pkgs.docker pkgs.iptables pkgs.ebtables ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = [
          "${pkgs.bash}/bin/sh ${cfg.package}/ops/docker-host/network.sh joh"
          "${pkgs.bash}/bin/sh ${cfg.package}/ops/docker-host/isolate.sh joh0 ${lib.concatStringsSep " " cfg.doors}"
        ];
      };
    };
  };
}
