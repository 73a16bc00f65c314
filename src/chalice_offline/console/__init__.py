"""What people and programs may ask a running emulator about itself."""
