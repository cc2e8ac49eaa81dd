package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;

/** The virtual registers of a function, numbered in the order in which they are first met. */
final class RegisterTable {
  private final List<PtxType> types = new ArrayList<>();

  /** A new register's number. */
  int add(PtxType type) {
    types.add(type);
    return types.size() - 1;
  }

  int size() {
    return types.size();
  }

  PtxType type(int register) {
    return types.get(register);
  }

  Bank bank(int register) {
    return Bank.of(types.get(register));
  }
}
