package dev.kiln.tests.cuda.driver;

import dev.kiln.runtime.sim.SimModule;
import java.util.HashMap;
import java.util.Map;

/** A module that was loaded. */
final class LoadedModule extends Owned {
  private final SimModule module;
  private final Map<String, Long> functions = new HashMap<>();
  private final Map<String, Allocation> variables = new HashMap<>();

  LoadedModule(DriverContext context, SimModule module) {
    super(context);
    this.module = module;
  }

  SimModule module() {
    return module;
  }

  /** Handles of the functions that were asked for. */
  Map<String, Long> functions() {
    return functions;
  }

  Map<String, Allocation> variables() {
    return variables;
  }

  @Override
  String describe() {
    return "a module with " + module.module().entries();
  }
}
