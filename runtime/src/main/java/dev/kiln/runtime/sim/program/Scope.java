package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.program.Definition.Register;
import dev.kiln.runtime.sim.program.Definition.RegisterVector;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.Statement.Registers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The names known in a module, a function or a block in braces. Inner names hide outer ones.
 * Registers of a family such as {@code %r<1000>} come into being when they are first asked for.
 */
final class Scope {
  /** A place after everything that is declared. */
  static final Position END = new Position(Integer.MAX_VALUE, Integer.MAX_VALUE);

  private final Scope outer;
  private final RegisterTable registers;
  private final Map<String, Definition> names = new HashMap<>();
  private final Map<String, Registers> families = new HashMap<>();

  /**
   * @param outer {@code null} for the module
   * @param registers where new registers are entered; {@code null} for the module
   */
  Scope(Scope outer, RegisterTable registers) {
    this.outer = outer;
    this.registers = registers;
  }

  /**
   * @throws MalformedInstruction if the name is taken in this scope
   */
  void define(String name, Definition definition) {
    Definition old = names.putIfAbsent(name, definition);
    if (old != null) {
      throw duplicate(definition.at(), name, old.at());
    }
  }

  /** Declares a register, a vector of registers or a family of either. */
  void declare(Registers declared) {
    if (declared.count().isPresent()) {
      Registers old = families.putIfAbsent(declared.name(), declared);
      if (old != null) {
        throw duplicate(declared.at(), declared.name(), old.at());
      }
    } else {
      define(declared.name(), register(declared));
    }
  }

  /** What the name means at a place, in this scope or around it. */
  Optional<Definition> find(String name, Position use) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Definition found = scope.names.get(name);
      if (found == null) {
        found = scope.member(name);
      }
      if (found != null && (!found.followsDeclaration() || found.at().compareTo(use) <= 0)) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /** What to throw where nothing has been found. */
  static MalformedInstruction undefined(Position at, String name) {
    return new MalformedInstruction(at, "'" + name + "' is not declared");
  }

  private static MalformedInstruction duplicate(Position at, String name, Position old) {
    return new MalformedInstruction(
        at, "'" + name + "' is declared twice; first at " + old.line() + ":" + old.column());
  }

  /** A register of a family; the digits that number it may follow digits of the family's name. */
  private Definition member(String name) {
    if (families.isEmpty()) {
      return null;
    }
    for (int split = name.length() - 1; split > 0; split--) {
      char digit = name.charAt(split);
      if (digit < '0' || digit > '9' || name.length() - split > 9) {
        return null;
      }
      boolean leadingZero = digit == '0' && split < name.length() - 1;
      Registers family = leadingZero ? null : families.get(name.substring(0, split));
      if (family != null && Integer.parseInt(name.substring(split)) < family.count().get()) {
        Definition made = register(family);
        names.put(name, made);
        return made;
      }
    }
    return null;
  }

  private Definition register(Registers declared) {
    if (declared.vector() <= 1) {
      return single(declared);
    }
    List<Register> components = new ArrayList<>();
    for (int i = 0; i < declared.vector(); i++) {
      components.add(single(declared));
    }
    return new RegisterVector(declared.at(), declared.type(), components);
  }

  private Register single(Registers declared) {
    return new Register(declared.at(), declared.type(), registers.add(declared.type()));
  }
}
