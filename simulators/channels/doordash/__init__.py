"""DoorDash Marketplace: fat webhooks with a static token, and the three ways to answer one."""
