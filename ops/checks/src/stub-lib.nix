# As much of nixpkgs' lib as the modules of ops/nixos use, so that they can be evaluated without nixpkgs:
# options are checked against their types, defaults are filled in, `mkIf` is decided.
{ module, given }:
let
  type = name: check: { inherit name check; };
  lib = {
    mkOption = option: option // { isOption = true; };
    mkEnableOption = description: lib.mkOption {
      type = lib.types.bool;
      default = false;
      inherit description;
    };
    mkIf = condition: content: if condition then content else { };
    optional = condition: one: if condition then [ one ] else [ ];
    optionals = condition: many: if condition then many else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    concatStringsSep = builtins.concatStringsSep;
    unique = builtins.foldl' (seen: one: if builtins.elem one seen then seen else seen ++ [ one ]) [ ];
    types = {
      bool = type "bool" builtins.isBool;
      str = type "str" builtins.isString;
      port = type "port" (one: builtins.isInt one && one >= 0 && one < 65536);
      path = type "path" (one: builtins.isPath one || (builtins.isString one && builtins.substring 0 1 one == "/"));
      enum = values: type "enum" (one: builtins.elem one values);
      nullOr = of: type "nullOr ${of.name}" (one: one == null || of.check one);
      listOf = of: type "listOf ${of.name}" (one: builtins.isList one && builtins.all of.check one);
      attrsOf = of: type "attrsOf ${of.name}" (
        one: builtins.isAttrs one && builtins.all of.check (builtins.attrValues one)
      );
    };
  };
  pkgs = builtins.listToAttrs (
    map (name: { inherit name; value = "/pkgs/${name}"; }) [ "git" "bash" "coreutils" "docker" "iptables" "ebtables" ]
  );
  name = builtins.head (builtins.attrNames declared.options.services.joh);
  # The options do not depend on the configuration; laziness closes the circle.
  declared = import module { config.services.joh.${name} = values; inherit lib pkgs; };
  options = declared.options.services.joh.${name};
  unknown = builtins.filter (one: !(options ? ${one})) (builtins.attrNames given);
  values = builtins.mapAttrs (
    key: option:
    let
      value = given.${key} or option.default or (throw "the option ${key} has no value");
    in
    if option.type.check value then value else throw "the option ${key} is not ${option.type.name}"
  ) options;
in
if unknown != [ ] then throw "there is no option ${builtins.head unknown}" else declared.config
