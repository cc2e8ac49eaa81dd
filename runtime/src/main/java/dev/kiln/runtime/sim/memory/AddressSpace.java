package dev.kiln.runtime.sim.memory;

/** The simulated addresses of a device. Skeleton of the contract; see the package. */
public final class AddressSpace {
  /** The first address of global memory. */
  public static final long GLOBAL_BASE = 0x10_0000_0000L;

  /** Generic address of shared address 0; the window is {@link #SHARED_WINDOW} bytes. */
  public static final long SHARED_BASE = 0x7f00_0000_0000L;

  /** Generic address of local address 0 of the thread that uses it. */
  public static final long LOCAL_BASE = 0x7f10_0000_0000L;

  public static final long CONST_BASE = 0x7f20_0000_0000L;
  public static final long PARAM_BASE = 0x7f30_0000_0000L;

  /**
   * Shared addresses: below 2^24 the block's own; {@code (rank + 1) << 24 | offset} that of a block
   * of the cluster. Both fit 32 bits, and both are valid as {@code shared::cluster} addresses.
   */
  public static final int RANK_SHIFT = 24;

  public static final long SHARED_WINDOW = 1L << 32;
}
